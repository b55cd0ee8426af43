// Whether a hash passes the job's mask, two clocks after E[61] of the second hash: word 7 of the hash, whose bytes from the least
// significant on are the hash's leading zero bytes. `rolled_unit.v` has its own, as its rounds make the sum.

`default_nettype none

module hash_check (
  input  wire        clk_i,
  input  wire [31:0] e_i,
  input  wire [31:0] mask_i,
  output reg         match_o
);
  `include "sha256_functions.vh"

  reg  [31:0] h7_q;
  wire [31:0] h7_sum;
  op_addk #(.K(iv(7))) u_h7 (.a_i(e_i), .b_i(32'h0), .y_o(h7_sum));
  wire [31:0] swapped = {h7_q[7:0], h7_q[15:8], h7_q[23:16], h7_q[31:24]};
  always @(posedge clk_i) begin : check
    h7_q    <= h7_sum;
    match_o <= (swapped & mask_i) == 32'h0;
  end
endmodule

`default_nettype wire
