// iCE40-HX8K breakout board (iCE40HX8K-CT256): 12 MHz oscillator, PLL, the miner on the USB serial port, lights.
//
// Pins and their source: hx8k.pcf.

`default_nettype none

module top #(
  parameter ClkHz  = 78000000,
  parameter Baud   = 115200,
  parameter Stages = 0,
  parameter Units  = 6,
  parameter Cores  = 1,
  parameter Icarus = 0
) (
  input  wire clk_12mhz,
  input  wire rx,
  output wire tx,
  output wire led_busy,
  output wire led_hit
);
  wire clk, locked;
  ice40_pll #(.ClkHz(ClkHz), .Pad(0)) u_pll (.clk_12mhz_i(clk_12mhz), .clk_o(clk), .locked_o(locked));

  // This board's lights are lit by a high level.
  wire busy_n, hit_n;
  assign led_busy = !busy_n;
  assign led_hit  = !hit_n;
  small_board #(
    .ClkHz(ClkHz), .Baud(Baud), .Stages(Stages), .Units(Units), .Cores(Cores), .LogHits(1), .Icarus(Icarus)
  ) u_board (
    .clk_i(clk), .locked_i(locked), .rx_i(rx), .tx_o(tx), .led_busy_no(busy_n), .led_hit_no(hit_n)
  );
endmodule

`default_nettype wire
