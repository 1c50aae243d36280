"""Serving from several processes: `python -m ui.serve`.

Each process is one `streamlit run Home.py` that keeps to one core; a proxy that is installed stands
before them and leads a browser to the same one each time. The configurations lie beside this file.

    server       the whole, from the first start to the last page
    proxies      finds the proxy and writes its configuration
    pinned       one such process
    keeping      starts processes, and again when they end
    telling      what the terminal says: the address, and its QR code
"""
