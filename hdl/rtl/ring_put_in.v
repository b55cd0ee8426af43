// The message word that a stage of a ring puts in instead of computing it, if there is one for its nonce's slot.
//
// Slots 0 to 13 of either hash have one: lane s of `first_i` and `second_i`. `lap_i` is the lap that the stage will be in with the next
// clock; `put_o` and `word_o` are for the clock then.

`default_nettype none

module ring_put_in #(
  parameter Stages = 16,
  parameter Number = 0  // which stage, 0 to 13
) (
  input  wire             clk_i,
  input  wire [6:0]       lap_i,
  // Of which a stage takes its own lanes
  /* verilator lint_off UNUSEDSIGNAL */
  input  wire [32*14-1:0] first_i,
  input  wire [32*14-1:0] second_i,
  /* verilator lint_on UNUSEDSIGNAL */
  output wire             put_o,
  output reg  [31:0]      word_o
);
  localparam Laps = (64 + Stages - 1) / Stages;
  // In which of its first laps of either hash the stage puts in a word: those at whose slots there is one.
  localparam Puts = (13 - Number) / Stages + 1;
  reg [Puts-1:0] first_q, second_q;
  integer l;

  always @(posedge clk_i) begin : turns
    for (l = 0; l < Puts; l = l + 1) begin
      first_q[l]  <= ({25'h0, lap_i} == l);
      second_q[l] <= ({25'h0, lap_i} == Laps + l);
    end
  end

  assign put_o = |{first_q, second_q};
  always @(*) begin : choice
    word_o = 32'h0;
    for (l = 0; l < Puts; l = l + 1) begin
      word_o = word_o | ({32{first_q[l]}} & first_i[32*(l * Stages + Number) +: 32])
                      | ({32{second_q[l]}} & second_i[32*(l * Stages + Number) +: 32]);
    end
  end
endmodule

`default_nettype wire
