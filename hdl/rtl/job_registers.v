// What a core that is unrolled or a ring keeps of a job: the words that stay as they are, and counters that begin at one.
//
// `load_*` write word by word (src/board/core/mod.rs has the table); outputs are called as there. The counters are moved to this core's
// part of the range by Offset, and each goes on by one with its `*_step_i`: q3 has what goes in (a sum with the nonce), lag and w19 the
// nonce further down (the latter a sum), out the nonce that comes out.

`default_nettype none

module job_registers #(
  parameter [31:0] Offset = 32'h0
) (
  input  wire         clk_i,
  input  wire         load_i,
  input  wire [4:0]   load_idx_i,
  input  wire [31:0]  load_data_i,
  input  wire         q3_step_i,
  input  wire         lag_step_i,
  input  wire         w19_step_i,
  input  wire         out_step_i,
  output reg  [31:0]  last_o,
  output reg  [31:0]  mask_o,
  output reg  [255:0] mid_o,
  output reg  [31:0]  e3_o,
  output reg  [31:0]  e2_o,
  output reg  [31:0]  e1_o,
  output reg  [31:0]  p4_o,
  output reg  [31:0]  t1_o,
  output reg  [31:0]  a1_o,
  output reg  [31:0]  w16_o,
  output reg  [31:0]  w17_o,
  output reg  [31:0]  c18_o,
  output reg  [31:0]  x31_o,
  output reg  [31:0]  x32_o,
  output reg  [31:0]  q3_o,
  output reg  [31:0]  lag_o,
  output reg  [31:0]  w19_o,
  output reg  [31:0]  out_o
);
  wire [31:0] moved = load_data_i + Offset;

  always @(posedge clk_i) begin : words
    if (load_i) begin
      case (load_idx_i)
        5'd1: last_o <= moved;
        5'd2: mask_o <= load_data_i;
        5'd3, 5'd4, 5'd5, 5'd6, 5'd7, 5'd8, 5'd9, 5'd10: mid_o <= {mid_o[223:0], load_data_i};
        5'd11: e3_o <= load_data_i;
        5'd12: e2_o <= load_data_i;
        5'd13: e1_o <= load_data_i;
        5'd15: p4_o <= load_data_i;
        5'd16: t1_o <= load_data_i;
        5'd17: a1_o <= load_data_i;
        5'd18: w16_o <= load_data_i;
        5'd19: w17_o <= load_data_i;
        5'd20: c18_o <= load_data_i;
        5'd22: x31_o <= load_data_i;
        5'd23: x32_o <= load_data_i;
        default: ;
      endcase
    end
  end

  always @(posedge clk_i) begin : counters
    if (load_i && load_idx_i == 5'd14) q3_o <= moved;
    else q3_o <= q3_step_i ? q3_o + 32'd1 : q3_o;
    if (load_i && load_idx_i == 5'd0) lag_o <= moved;
    else lag_o <= lag_step_i ? lag_o + 32'd1 : lag_o;
    if (load_i && load_idx_i == 5'd21) w19_o <= moved;
    else w19_o <= w19_step_i ? w19_o + 32'd1 : w19_o;
    if (load_i && load_idx_i == 5'd0) out_o <= moved;
    else out_o <= out_step_i ? out_o + 32'd1 : out_o;
  end
endmodule

`default_nettype wire
