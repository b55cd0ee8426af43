// The round constants of one stage of a ring, each added to f: f + K[r + 2] for the stage's round r, in a register.
//
// The sum is wanted when the nonce is in the stage; `f_i` is its f a clock before, out of the stage before, and `lap_i` its lap two clocks
// before. So a constant is chosen a clock before it is added: by the adder itself where there are no more than four, out of a block RAM
// where there are many. In the first hash slot s runs round s + 3, in the second round s - 1 (core_ring.v).

`default_nettype none

module ring_constant #(
  parameter Stages     = 16,
  parameter Number     = 0,  // which stage
  parameter LongMemory = 1   // 2: block RAM for the constants of small rings
) (
  input  wire        clk_i,
  input  wire [6:0]  lap_i,
  input  wire [31:0] f_i,
  output reg  [31:0] fk_o
);
  `include "sha256_functions.vh"
  localparam Laps = (64 + Stages - 1) / Stages;

  wire [31:0] fk;
  always @(posedge clk_i) fk_o <= fk;
  generate
    if (Laps <= 2) begin : g_k_pick
      localparam [127:0] Ks = (Laps == 1)
        ? {64'h0, round_k(Number + 1), round_k(Number + 5)}
        : {round_k(Stages + Number + 1), round_k(Number + 1), round_k(Stages + Number + 5), round_k(Number + 5)};
      wire unused_lap = &{1'b0, lap_i[6:2]};
      reg [1:0] pick_q;
      always @(posedge clk_i) pick_q <= lap_i[1:0];
      op_add_pick #(.Ks(Ks)) u_fk (.a_i(f_i), .pick_i(pick_q), .y_o(fk));
    end else begin : g_k_table
      reg [31:0] k_q;
      op_addk #(.K(32'h0)) u_fk (.a_i(f_i), .b_i(k_q), .y_o(fk));
      integer n;
      if (LongMemory == 2 && Laps >= 8) begin : g_memory
        (* ram_style = "block" *) reg [31:0] constants_q [0:255];
        initial begin
          for (n = 0; n < 256; n = n + 1) begin
            constants_q[n] = (n < Laps) ? round_k(n * Stages + Number + 5)
                           : (n < 2 * Laps) ? round_k((n - Laps) * Stages + Number + 1) : 32'h0;
          end
        end
        always @(posedge clk_i) k_q <= constants_q[{1'b0, lap_i}];
      end else begin : g_logic
        reg [31:0] k_d;
        always @(*) begin : constant
          k_d = 32'h0;
          for (n = 0; n < Laps; n = n + 1) begin
            if ({25'h0, lap_i} == n) k_d = round_k(n * Stages + Number + 5);
            if ({25'h0, lap_i} == Laps + n) k_d = round_k(n * Stages + Number + 1);
          end
        end
        always @(posedge clk_i) k_q <= k_d;
      end
    end
  endgenerate
endmodule

`default_nettype wire
