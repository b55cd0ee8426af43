// DE0-Nano (Cyclone IV EP4CE22): 50 MHz oscillator used as it is, the miner on two pins of JP1, lights.
//
// Checked by lint only: bitstreams for Cyclone need Quartus (de0nano.qsf), which is not here; nothing of it was measured.
// An external 3.3 V serial adapter goes to JP1 pins 8 (rx) and 10 (tx). Pins: litex-hub/litex-boards (hdl.md section 6).

`default_nettype none

module top #(
  parameter ClkHz  = 50000000,
  parameter Baud   = 115200,
  parameter Stages = 8,
  parameter Units  = 0,
  parameter Cores  = 1,
  parameter Icarus = 0
) (
  input  wire       clk_50mhz,
  input  wire       rx,
  output wire       tx,
  output wire [1:0] led
);
  wire rst_n, busy, hit;
  power_on_reset u_reset (.clk_i(clk_50mhz), .locked_i(1'b1), .rst_no(rst_n));
  miner #(
    .ClkHz(ClkHz), .Baud(Baud), .Stages(Stages), .Units(Units), .Cores(Cores), .LongMemory(2), .Icarus(Icarus)
  ) u_miner (
    .clk_i(clk_50mhz), .rst_ni(rst_n), .rx_i(rx), .tx_o(tx), .temperature_i(16'h8000), .busy_o(busy), .hit_o(hit)
  );

  reg hit_q;
  always @(posedge clk_50mhz) begin : lights
    if (hit) hit_q <= !hit_q;
    if (!rst_n) hit_q <= 1'b0;
  end
  assign led = {hit_q, busy};
endmodule

`default_nettype wire
