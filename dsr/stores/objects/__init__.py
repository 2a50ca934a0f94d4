"""Objects with keys: local folders and S3 buckets."""
