"""Values into terminal text, Markdown and Mermaid."""
