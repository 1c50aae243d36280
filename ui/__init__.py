"""What the pages show; the only code that knows Streamlit. A module for each page."""
