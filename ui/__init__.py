"""What the pages show, and only Streamlit knows: a module for each page, the frame around all."""
