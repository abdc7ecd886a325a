"""The book: stories, the drawn child, typesetting, publishing, preview and print files."""
