"""Reports: what is known becomes typed tables and charts, and these become CSV, JSON, HTML and pictures."""
