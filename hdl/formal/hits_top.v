// hit_collector with two cores: one hit, any, is watched from its core to the output.
//
// It comes out with the id that was told in its clock, its core's number and its nonce, unless a loss was told; no other hit
// carries that nonce (assumed), so a wrong id would be seen.
module hits_top (
  input wire        clk_i, pop_i,
  input wire [7:0]  id_i,
  input wire [1:0]  hit_valid_i,
  input wire [63:0] hit_nonce_i
);
  (* anyconst *) wire [31:0] watched;
  wire        lost, empty;
  wire [47:0] data;
  reg         past_q = 1'b0;
  reg         seen_q = 1'b0;
  reg         core_q;
  reg [7:0]   id_q;
  reg [4:0]   lost_q = 5'd0;
  reg [4:0]   came_q = 5'd0;
  reg [4:0]   went_q = 5'd0;

  hit_collector #(.Cores(2), .LogDepth(1)) u_hits (
    .clk_i(clk_i), .rst_ni(past_q), .id_i(id_i), .hit_valid_i(hit_valid_i), .hit_nonce_i(hit_nonce_i),
    .lost_o(lost), .empty_o(empty), .data_o(data), .pop_i(pop_i)
  );

  wire here0 = hit_valid_i[0] && hit_nonce_i[31:0] == watched;
  wire here1 = hit_valid_i[1] && hit_nonce_i[63:32] == watched;
  always @(posedge clk_i) begin
    past_q <= 1'b1;
    if (!past_q) assume (hit_valid_i == 2'b00);
    assume (!(here0 && here1));
    if (seen_q) assume (!here0 && !here1);
    if (here0 || here1) begin
      seen_q <= 1'b1;
      core_q <= here1;
      id_q   <= id_i;
    end
    if (past_q && !empty && data[31:0] == watched) begin
      assert (seen_q);
      assert (data[39:32] == {7'h0, core_q});
      assert (data[47:40] == id_q);
    end
    // Nothing appears from nowhere: what has come is what went, what waits, and what was lost.
    if (past_q) came_q <= came_q + {4'h0, hit_valid_i[0]} + {4'h0, hit_valid_i[1]};
    if (past_q) went_q <= went_q + {4'h0, pop_i && !empty};
    if (past_q) lost_q <= lost_q + {4'h0, lost};
    if (past_q) assert (went_q + lost_q <= came_q);
  end
endmodule
