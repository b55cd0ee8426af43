// The first hash's digest out of a ring, and the p with which the second hash begins.
//
// Each word is summed up where its part of the state is made and then waits until it is wanted: E[61] is e at slot 58, A[61] a at slot 60;
// words 0 and 1 are wanted at slot 63, word i at slot 62 + i, with as many clocks more as a turn has beyond 64 (core_ring.v).

`default_nettype none

module ring_digest #(
  parameter Stages     = 16,
  parameter LongMemory = 1
) (
  input  wire                  clk_i,
  input  wire [255:0]          mid_i,
  // Of all stages, of which a few make what is wanted
  /* verilator lint_off UNUSEDSIGNAL */
  input  wire [4*Stages-1:0]   ptr_i,
  input  wire [288*Stages-1:0] state_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output wire [255:0]          digest_o,
  output wire [31:0]           p0_o
);
  `include "sha256_functions.vh"
  localparam Extra = (64 + Stages - 1) / Stages * Stages - 64;
  localparam [31:0] P0Rest = iv(7) + round_k(0);

  genvar i;
  generate
    for (i = 0; i < 8; i = i + 1) begin : g_digest
      localparam Made = (i < 4) ? 63 - i : 65 - i;
      localparam Wanted = (i < 2) ? 63 : 62 + i;
      localparam Part = (i < 4) ? 64 : 256;
      wire [31:0] sum;
      op_addk u_sum (
        .a_i(state_i[288*(Made % Stages) + Part +: 32]), .b_i(mid_i[255 - 32*i -: 32]), .y_o(sum)
      );
      if (Wanted + Extra - Made > 16) begin : g_two
        wire [31:0] half;
        delay_line #(.Depth(16), .Memory(LongMemory)) u_half (
          .clk_i(clk_i), .ptr_i(ptr_i[4*(Made % Stages) +: 4]), .d_i(sum), .q_o(half)
        );
        delay_line #(.Depth(Wanted + Extra - Made - 16), .Memory(0)) u_late (
          .clk_i(clk_i), .ptr_i(ptr_i[4*(Made % Stages) +: 4]), .d_i(half), .q_o(digest_o[255 - 32*i -: 32])
        );
      end else begin : g_one
        delay_line #(.Depth(Wanted + Extra - Made), .Memory(Wanted + Extra - Made > (LongMemory == 2 ? 4 : 6) ? LongMemory : 0)) u_late (
          .clk_i(clk_i), .ptr_i(ptr_i[4*(Made % Stages) +: 4]), .d_i(sum), .q_o(digest_o[255 - 32*i -: 32])
        );
      end
    end
  endgenerate
  // p of the second hash's start: word 0 with a constant in the same chain.
  wire [31:0] p0_sum;
  op_addk #(.K(P0Rest)) u_p0 (
    .a_i(state_i[288*(63 % Stages) + 64 +: 32]), .b_i(mid_i[255:224]), .y_o(p0_sum)
  );
  delay_line #(.Depth(Extra), .Memory(0)) u_p0_late (.clk_i(clk_i), .ptr_i(ptr_i[3:0]), .d_i(p0_sum), .q_o(p0_o));
endmodule

`default_nettype wire
