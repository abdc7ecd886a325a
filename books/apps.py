from django.apps import AppConfig


class BooksConfig(AppConfig):
    name = "books"

    def ready(self) -> None:
        from books import access, data_export
        from privacy import children, choices, exports

        children.register_finder(access.child_for)
        choices.register_place(data_export.place)
        exports.register(data_export.part)
