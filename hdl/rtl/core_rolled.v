// A rolled SHA-256d core for small parts: Units units in step, each a round a clock of its own nonce, all told what to do by one sequencer.
//
// A pass takes 132 clocks and searches Units consecutive nonces, from the job's first on; passes follow each other without pause, and a
// job begins with 12 clocks more. Ports as core_pipe.v; when several units hit in one pass, the nonces come out one after the other,
// Spacing clocks apart. A stop takes effect after at most one pass: nonces come out in order, so what is reported is all up to some nonce.
//
// A unit is rolled_unit.v, what it does in which clock rolled_sequencer.v. Of the job's words 14 to 17 and 21 to 23 are not used.

`default_nettype none

module core_rolled #(
  parameter        Units   = 4,
  parameter        Spacing = 1,      // Units * Spacing at most 128
  parameter [31:0] Offset  = 32'h0,  // added to the job's nonces: which part of the range is this core's
  parameter        Memory  = 2       // the units' memories: 0 flip-flops, 1 distributed RAM, 2 block RAM
) (
  input  wire        clk_i,
  input  wire        rst_ni,
  input  wire        load_i,
  input  wire [4:0]  load_idx_i,
  input  wire [31:0] load_data_i,
  input  wire        start_i,
  input  wire        stop_i,
  output wire        busy_o,
  output wire        hit_valid_o,
  output wire [31:0] hit_nonce_o
);
  reg [31:0] last_q, mask_q;
  wire [31:0] moved = load_data_i + Offset;
  always @(posedge clk_i) begin : job_words
    if (load_i && load_idx_i == 5'd1) last_q <= moved;
    if (load_i && load_idx_i == 5'd2) mask_q <= load_data_i;
  end

  reg busy_q, stopping_q;
  wire result, e_open, a_open, x_open, sigma0_open, sigma1_clear, sum_clear, p_clear, q_clear, t_clear, f_initial;
  wire [31:0] k, m, eb, ab;
  wire [4:0]  r_write, r_read;
  wire [5:0]  s_write, s_read;
  rolled_sequencer u_sequencer (
    .clk_i(clk_i), .rst_ni(rst_ni), .load_i(load_i), .load_idx_i(load_idx_i), .load_data_i(load_data_i), .run_i(busy_q), .result_o(result),
    .k_o(k), .m_o(m), .eb_o(eb), .ab_o(ab),
    .e_open_o(e_open), .a_open_o(a_open), .x_open_o(x_open), .sigma0_open_o(sigma0_open), .sigma1_clear_o(sigma1_clear),
    .sum_clear_o(sum_clear), .p_clear_o(p_clear), .q_clear_o(q_clear), .t_clear_o(t_clear),
    .f_initial_o(f_initial), .r_write_o(r_write), .r_read_o(r_read), .s_write_o(s_write), .s_read_o(s_read)
  );

  wire [Units-1:0] miss;
  genvar i;
  generate
    for (i = 0; i < Units; i = i + 1) begin : g_unit
      rolled_unit #(.Units(Units), .Number(Offset + i), .Memory(Memory)) u_unit (
        .clk_i(clk_i), .k_i(k), .m_i(m), .eb_i(eb), .ab_i(ab), .mask_i(mask_q),
        .e_open_i(e_open), .a_open_i(a_open), .x_open_i(x_open), .sigma0_open_i(sigma0_open), .sigma1_clear_i(sigma1_clear),
        .sum_clear_i(sum_clear), .p_clear_i(p_clear), .q_clear_i(q_clear), .t_clear_i(t_clear),
        .f_initial_i(f_initial), .r_write_i(r_write), .r_read_i(r_read), .s_write_i(s_write), .s_read_i(s_read),
        .miss_o(miss[i])
      );
    end
  endgenerate

  // What a pass found is told while the next is under way: unit by unit, Spacing clocks each, `out_q` being the nonce of the unit that is
  // next. The job ends with its last nonce, whatever units are left.
  localparam [31:0] UnitsWide = Units, SpacingWide = Spacing;
  localparam [7:0]  AllUnits = UnitsWide[7:0], LastSpace = SpacingWide[7:0] - 8'd1;
  reg [Units-1:0] hits_q;
  reg [7:0]       left_q, space_q;
  reg [31:0]      out_q;
  wire telling = left_q != 8'd0;
  wire tell    = telling && space_q == LastSpace;
  wire ends    = tell && (out_q == last_q || (stopping_q && left_q == 8'd1));

  assign busy_o      = busy_q;
  assign hit_valid_o = tell && hits_q[0] && busy_q;
  assign hit_nonce_o = out_q;

  always @(posedge clk_i) begin : results
    space_q <= (tell || !telling) ? 8'd0 : space_q + 8'd1;
    if (tell) begin
      left_q <= left_q - 8'd1;
      hits_q <= hits_q >> 1;
    end
    if (result) begin
      left_q <= AllUnits;
      hits_q <= ~miss;
    end
    if (load_i && load_idx_i == 5'd0) out_q <= moved;
    else if (tell) out_q <= out_q + 32'd1;
    if (!rst_ni || !busy_q) left_q <= 8'd0;
  end

  always @(posedge clk_i) begin : control
    if (start_i) begin
      busy_q     <= 1'b1;
      stopping_q <= 1'b0;
    end else if (ends) begin
      busy_q <= 1'b0;
    end
    if (stop_i && busy_q) stopping_q <= 1'b1;
    if (!rst_ni) begin
      busy_q     <= 1'b0;
      stopping_q <= 1'b0;
    end
  end
endmodule

`default_nettype wire
