"""Pages from "Personalise this book" to the preview of the whole book."""
