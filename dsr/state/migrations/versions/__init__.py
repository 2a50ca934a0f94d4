"""One script a version. What stands here has run at companies and is never changed."""
