"""What a person perceives: wording, layout, drawing on pictures and in texts."""
