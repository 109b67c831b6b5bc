"""How a view is printed: `views` decides what may be seen, `html` and `json` print it and decide nothing."""
