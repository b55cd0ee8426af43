// What the small boards have in common behind clock and pins: reset, miner, two lights that a low level lights.
//
// Parameters as miner.v. `led_busy_no`: a job runs; `led_hit_no` changes with each hit.

`default_nettype none

module small_board #(
  parameter ClkHz      = 12000000,
  parameter Baud       = 115200,
  parameter Stages     = 0,
  parameter Units      = 0,
  parameter Cores      = 1,
  parameter LongMemory = 2,
  parameter MidMemory  = 2,
  parameter LogHits    = 3,
  parameter Icarus     = 0
) (
  input  wire clk_i,
  input  wire locked_i,
  input  wire rx_i,
  output wire tx_o,
  output wire led_busy_no,
  output wire led_hit_no
);
  wire rst_n, busy, hit;
  power_on_reset u_reset (.clk_i(clk_i), .locked_i(locked_i), .rst_no(rst_n));

  miner #(
    .ClkHz(ClkHz), .Baud(Baud), .Stages(Stages), .Units(Units), .Cores(Cores), .LongMemory(LongMemory), .MidMemory(MidMemory),
    .LogHits(LogHits), .Icarus(Icarus)
  ) u_miner (
    .clk_i(clk_i), .rst_ni(rst_n), .rx_i(rx_i), .tx_o(tx_o), .temperature_i(16'h8000), .busy_o(busy), .hit_o(hit)
  );

  reg hit_q;
  always @(posedge clk_i) begin : lights
    if (hit) hit_q <= !hit_q;
    if (!rst_n) hit_q <= 1'b0;
  end
  assign led_busy_no = !busy;
  assign led_hit_no  = !hit_q;
endmodule

`default_nettype wire
