// ULX3S (ECP5 LFE5U-12F to 85F): 25 MHz crystal, PLL, the miner on the USB serial port, lights.
//
// LED 0: the clock is locked. LED 1: a job runs. LED 2 to 7: count hits. The PLL's numbers are for ClkMHz as below; change them
// together. Pins: ulx3s.lpf; source of pins: litex-hub/litex-boards `platforms/radiona_ulx3s.py`.

`default_nettype none

module top #(
  parameter ClkMHz  = 125,
  parameter Baud    = 115200,
  parameter Stages  = 0,
  parameter Units   = 0,
  parameter Cores   = 1,
  parameter Icarus  = 0
) (
  input  wire       clk_25mhz,
  input  wire       ftdi_txd,
  output wire       ftdi_rxd,
  output wire [7:0] led
);
  wire clk, locked;
  ecp5_pll #(.ClkMHz(ClkMHz)) u_pll (.clk_25mhz_i(clk_25mhz), .clk_o(clk), .locked_o(locked));

  wire rst_n;
  power_on_reset u_reset (.clk_i(clk), .locked_i(locked), .rst_no(rst_n));

  wire [15:0] temperature;
  ecp5_temperature u_temperature (.clk_i(clk), .rst_ni(rst_n), .code_o(temperature));

  wire busy, hit;
  // Of a ring's delays as many as there are block RAMs go there; a pipeline has too many.
  miner #(
    .ClkHz(ClkMHz * 1000000), .Baud(Baud), .Stages(Stages), .Units(Units), .Cores(Cores),
    .LongMemory(Units > 0 ? 2 : Stages == 0 ? 1 : 3), .MidMemory(Units > 0 || Stages == 0 ? 0 : 4), .Features(1), .Icarus(Icarus)
  ) u_miner (
    .clk_i(clk), .rst_ni(rst_n), .rx_i(ftdi_txd), .tx_o(ftdi_rxd),
    .temperature_i(temperature), .busy_o(busy), .hit_o(hit)
  );

  reg [5:0] hits_q;
  always @(posedge clk) begin : lights
    if (hit) hits_q <= hits_q + 6'd1;
    if (!rst_n) hits_q <= 6'd0;
  end
  assign led = {hits_q, busy, locked};
endmodule

`default_nettype wire
