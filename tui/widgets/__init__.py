"""The widgets: each draws one kind of thing and knows no screen."""
