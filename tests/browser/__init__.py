"""What only a real browser can show: accessible pages, small pages, pages without errors, and their pictures."""
