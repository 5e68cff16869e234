"""The one place where settings become living objects, and where they are closed again."""
