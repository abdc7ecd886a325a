from django.apps import AppConfig


class BooksConfig(AppConfig):
    name = "books"

    def ready(self) -> None:
        from books import access
        from privacy import children

        children.register_finder(access.child_for)
