// Reset from configuration on: low until the PLL has been locked for 15 clocks. The register starts at the value that the bitstream
// gives it, on the board as in simulation.

`default_nettype none

module power_on_reset (
  input  wire clk_i,
  input  wire locked_i,
  output wire rst_no
);
  reg [1:0] locked_q = 2'b00;
  reg [3:0] count_q = 4'd0;
  assign rst_no = &count_q;

  always @(posedge clk_i) begin : count
    locked_q <= {locked_q[0], locked_i};
    if (!locked_q[1]) count_q <= 4'd0;
    else if (!rst_no) count_q <= count_q + 4'd1;
  end
endmodule

`default_nettype wire
