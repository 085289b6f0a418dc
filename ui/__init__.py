"""All that knows Streamlit and is shared by pages. Figures come from `ecops`; nothing here computes one."""
