// Tang Nano 9K (GW1NR-LV9QN88PC6/I5): 27 MHz oscillator, PLL, the miner on the USB bridge's second port, lights.
//
// The clock is 27 MHz * (Fbdiv + 1) / (Idiv + 1); the VCO, Odiv times that, between 400 and 1200 MHz; ClkHz must say the same.
// Pins: tangnano9k.cst; source: litex-hub/litex-boards (hdl.md section 6). PLL: Gowin UG286.

`default_nettype none

module top #(
  parameter ClkHz  = 54000000,
  parameter Idiv   = 0,
  parameter Fbdiv  = 1,
  parameter Odiv   = 16,
  parameter Baud   = 115200,
  parameter Stages = 4,
  parameter Cores  = 1,
  parameter Icarus = 0
) (
  input  wire       clk_27mhz,
  input  wire       rx,
  output wire       tx,
  output wire [1:0] led
);
  wire clk, locked;
  rPLL #(
    .FCLKIN("27"), .DEVICE("GW1NR-9C"),
    .IDIV_SEL(Idiv), .FBDIV_SEL(Fbdiv), .ODIV_SEL(Odiv)
  ) u_pll (
    .CLKIN(clk_27mhz), .CLKOUT(clk), .LOCK(locked), .CLKFB(1'b0), .RESET(1'b0), .RESET_P(1'b0),
    .FBDSEL(6'b0), .IDSEL(6'b0), .ODSEL(6'b0), .PSDA(4'b0), .DUTYDA(4'b0), .FDLY(4'b0),
    .CLKOUTP(), .CLKOUTD(), .CLKOUTD3()
  );

  wire rst_n;
  power_on_reset u_reset (.clk_i(clk), .locked_i(locked), .rst_no(rst_n));

  wire busy, hit;
  miner #(
    .ClkHz(ClkHz), .Baud(Baud), .Stages(Stages), .Cores(Cores), .LongMemory(1), .MidMemory(1), .Icarus(Icarus)
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
  assign led = {!hit_q, !busy};
endmodule

`default_nettype wire
