# Vivado project of the Arty A7, run in this folder: vivado -mode batch -source arty_a7.tcl -tclargs xc7a35ticsg324-1L
# The sources are lint-checked in this repository; this script was never run here, because Vivado is not free.
set part [lindex $argv 0]
set sources [split [exec grep -v ^# ../../rtl/files.txt] "\n"]
foreach file $sources { read_verilog ../../rtl/$file }
read_verilog ../../rtl/ops_generic.v
read_verilog ../common/power_on_reset.v
read_verilog top.v
read_xdc arty_a7.xdc
synth_design -top top -part $part -include_dirs ../../rtl
opt_design
place_design
route_design
report_timing_summary -file timing.txt
write_bitstream -force arty_a7.bit
