"""The Textual screen; sees only session.messages and play.params."""
