"""Finding personal data and secrets by name, by value, by place. Pure: it opens nothing and keeps no value."""
