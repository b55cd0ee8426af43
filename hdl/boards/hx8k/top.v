// iCE40-HX8K breakout board (iCE40HX8K-CT256): 12 MHz oscillator, PLL, the miner on the USB serial port, lights.
//
// The clock is 12 MHz * (Divf + 1) / 2^Divq, the VCO between 533 and 1066 MHz; ClkHz must say the same.
// Pins: hx8k.pcf; their source is litex-hub/litex-boards (hdl.md section 6). PLL: Lattice FPGA-TN-02052.

`default_nettype none

module top #(
  parameter       ClkHz  = 48000000,
  parameter [6:0] Divf   = 7'd63,
  parameter [2:0] Divq   = 3'd4,
  parameter       Baud   = 115200,
  parameter       Stages = 2,
  parameter       Cores  = 1,
  parameter       Icarus = 0
) (
  input  wire clk_12mhz,
  input  wire rx,
  output wire tx,
  output wire led_busy,
  output wire led_hit
);
  wire clk, locked;
  SB_PLL40_CORE #(
    .FEEDBACK_PATH("SIMPLE"),
    .DIVR(4'd0),
    .DIVF(Divf),
    .DIVQ(Divq),
    .FILTER_RANGE(3'd1)
  ) u_pll (
    .REFERENCECLK(clk_12mhz), .PLLOUTGLOBAL(clk), .LOCK(locked), .BYPASS(1'b0), .RESETB(1'b1)
  );

  wire rst_n;
  power_on_reset u_reset (.clk_i(clk), .locked_i(locked), .rst_no(rst_n));

  wire busy, hit;
  miner #(
    .ClkHz(ClkHz), .Baud(Baud), .Stages(Stages), .Cores(Cores), .LongMemory(2), .MidMemory(2), .LogHits(3), .Icarus(Icarus)
  ) u_miner (
    .clk_i(clk), .rst_ni(rst_n), .rx_i(rx), .tx_o(tx),
    .temperature_i(16'h8000), .busy_o(busy), .hit_o(hit)
  );

  // The lights are lit by a low level.
  reg hit_q;
  always @(posedge clk) begin : lights
    if (hit) hit_q <= !hit_q;
    if (!rst_n) hit_q <= 1'b0;
  end
  assign led_busy = !busy;
  assign led_hit  = !hit_q;
endmodule

`default_nettype wire
