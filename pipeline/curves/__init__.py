"""What people do over time, as numbers to plot and to export: speeds, accelerations, joint angles and others."""
