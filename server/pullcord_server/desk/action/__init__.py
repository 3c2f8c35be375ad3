"""What people do, by page or API: each validated first, then one decision, then its row."""
