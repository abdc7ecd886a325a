"""A photo's square turned into a watercolour: numbers in, numbers out.

Runs in the process of `books.likeness_worker` and imports nothing of the shop but `books.faces` and
`books.colour_space`.
"""
