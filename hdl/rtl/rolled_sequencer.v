// What the units of the rolled core do in each clock: the step of the pass, and every control, address and shared word that follows from it.
//
// A pass is 132 steps; E[r] of the first hash is in the units' e at step r + 2, E[r] of the second at step r + 73 (its E[61], which is
// word 7 of the hash once the constant of its round has the initial value added, at step 2 of the next pass). What happens when, besides:
//   steps 0 to 3    A[-3] to A[0] enter at a, one after the other; 2 to 4: E[1] to E[3] at e; at 3 the nonce is w, and goes on to the next
//   steps 3 to 17   message words 3 to 17 are read from page 1 of memory S
//   steps 63 to 70  the digest's words leave: E[61] to E[64], then A[61] to A[64] that have followed them into e
//   steps 71 to 78  they come back as message words 0 to 7, the first at once, the others backwards from memory S
//   steps 72 to 75  the initial value enters at a; 73: at e; 79 to 86: message words 8 to 15 from page 2 of memory S
// While idle the sequencer stands before the end of a pass with all sums held at zero; when it is started, the units first take from the
// job's words what does not change (`fresh_q`): word 20 into R, words 18 and 19 into S, and their first nonce.
//
// The job's words stand in two memories: K has what is added in a round, J the rest, by its number. Every output is a register. Source: FIPS 180-4.

`default_nettype none

module rolled_sequencer (
  input  wire        clk_i,
  input  wire        rst_ni,
  // The job's words, and whether units work
  input  wire        load_i,
  input  wire [4:0]  load_idx_i,
  input  wire [31:0] load_data_i,
  input  wire        run_i,
  // A pass has ended: `miss` of the units says in this clock what it found
  output wire        result_o,
  // To the units
  output reg  [31:0] k_o,
  output reg  [31:0] m_o,
  output reg  [31:0] eb_o,
  output reg  [31:0] ab_o,
  output reg         e_open_o,
  output reg         a_open_o,
  output reg         x_open_o,
  output reg         sigma0_open_o,
  output reg         sigma1_clear_o,
  output reg         sum_clear_o,
  output reg         p_clear_o,
  output reg         q_clear_o,
  output reg         t_clear_o,
  output reg         f_initial_o,
  output reg  [4:0]  r_write_o,
  output reg  [4:0]  r_read_o,
  output reg  [5:0]  s_write_o,
  output reg  [5:0]  s_read_o
);
  `include "sha256_functions.vh"

  localparam [7:0] LastStep = 8'd131, IdleStep = 8'd120;

  // K: the constant of each step, a clock ahead. Beside the round constants: words of the job (loaded), and around the second hash's
  // beginning what its first rounds add that is not in the units' state yet (f and g hold word 5 of the initial value twice).
  function [31:0] constant;
    input integer step;
    begin
      if (step >= 3 && step <= 62) constant = round_k(step + 1);
      else if (step == 69) constant = iv(3);
      else if (step == 70) constant = round_k(0) + iv(7) + ch(iv(4), iv(5), iv(6)) - iv(5) - iv(5);
      else if (step == 71) constant = round_k(1) + iv(6) - iv(5);
      else if (step == 130) constant = round_k(60) + iv(7);
      else if (step >= 72 && step <= 129) constant = round_k(step - 70);
      else constant = 32'h0;
    end
  endfunction

  // The step that the registers below are made for: a clock ahead of what the units see.
  reg  [7:0] step_q;
  reg        fresh_q, skip_q;
  wire [7:0] s = step_q;
  always @(posedge clk_i) begin : steps
    if (!run_i) begin
      step_q  <= IdleStep;
      fresh_q <= 1'b1;
      skip_q  <= 1'b1;
    end else if (s == LastStep) begin
      step_q  <= 8'd0;
      fresh_q <= 1'b0;
    end else begin
      step_q <= s + 8'd1;
      if (s == 8'd5) skip_q <= 1'b0;
    end
  end

  function between;
    input [7:0] step, first, last;
    between = step >= first && step <= last;
  endfunction

  // Controls
  wire begin_first = between(s, 8'd2, 8'd4);
  reg  result_q;
  assign result_o = result_q;
  always @(posedge clk_i) begin : controls
    e_open_o       <= !(begin_first || between(s, 8'd66, 8'd72) || fresh_q);
    a_open_o       <= !(between(s, 8'd0, 8'd3) || between(s, 8'd71, 8'd74));
    t_clear_o      <= s == LastStep || between(s, 8'd0, 8'd2) || between(s, 8'd70, 8'd73);
    x_open_o       <= fresh_q ? between(s, 8'd122, 8'd125) : between(s, 8'd63, 8'd70);
    sum_clear_o    <= fresh_q ? s != 8'd126 : between(s, 8'd62, 8'd69);
    sigma0_open_o  <= !(s == 8'd4 || between(s, 8'd63, 8'd70) || fresh_q);
    sigma1_clear_o <= between(s, 8'd1, 8'd16) || between(s, 8'd69, 8'd84) || fresh_q;
    p_clear_o      <= between(s, 8'd64, 8'd67);
    q_clear_o      <= between(s, 8'd1, 8'd3) || between(s, 8'd69, 8'd71) || fresh_q;
    f_initial_o    <= s == 8'd2 || between(s, 8'd70, 8'd72);
    result_q       <= s == 8'd3 && !skip_q && run_i;
    if (!rst_ni) result_q <= 1'b0;
  end

  // Addresses. What goes round is at the step's last four bits: in R read eight steps later, in S written four ahead.
  localparam [4:0] JobR = 5'd18;
  localparam [5:0] NonceS = 6'd17, Word16S = 6'd30, Word17S = 6'd31;
  wire page_one  = between(s, 8'd1, 8'd15);
  wire page_two  = s == 8'd69 || between(s, 8'd77, 8'd84) || fresh_q;
  wire backwards = between(s, 8'd70, 8'd76);
  wire [3:0] ahead = s[3:0] + 4'd4;
  // The units' memories are written in every clock, also in the first one: then, too, where nothing is kept. The bitstream sets this.
  initial begin
    r_write_o = 5'd0;
    s_write_o = 6'd0;
  end
  always @(posedge clk_i) begin : addresses
    r_write_o <= (fresh_q && s == 8'd123) ? JobR : {1'b0, s[3:0]};
    // Step 2: the number of units; 10: the job's word; 125, for the first nonce: this unit's number.
    r_read_o  <= (fresh_q && s == 8'd125) ? 5'd16 : {s == 8'd2 || s == 8'd10, !s[3], s[2:0]};
    s_read_o  <= {page_two, page_one, s[3:0] ^ {4{backwards}}};
    s_write_o <= {2'b00, ahead};
    if (s == 8'd4) s_write_o <= NonceS;
    if (fresh_q) begin
      case (s)
        8'd123: s_write_o <= Word16S;
        8'd124: s_write_o <= Word17S;
        8'd127: s_write_o <= NonceS;
        default: ;
      endcase
    end
  end

  // K, of which four words are the job's: A[-2] to A[0], and E[0] with the constant of round 3 but without what f adds to it.
  localparam [31:0] Word7Rest = round_k(3) - iv(5);
  // Words are only written while nobody reads.
  (* no_rw_check *) reg [31:0] constants_q [0:255];
  reg [7:0]  k_place;
  reg        k_write;
  reg [31:0] k_q;
  wire [31:0] k_data = load_data_i + (Word7Rest & {32{load_idx_i == 5'd7}});
  integer i;
  initial for (i = 0; i < 256; i = i + 1) constants_q[i] = constant(i);
  always @(*) begin : k_words
    k_write = load_i;
    k_place = 8'd0;
    case (load_idx_i)
      5'd3: k_place = 8'd1;
      5'd4: k_place = 8'd0;
      5'd5: k_place = LastStep;
      5'd7: k_place = 8'd2;
      default: k_write = 1'b0;
    endcase
  end
  // The word stands in a register when the units want it: what comes out of a block RAM comes late.
  always @(posedge clk_i) begin : k_memory
    if (k_write) constants_q[k_place] <= k_data;
    k_q <= constants_q[s];
    k_o <= k_q;
  end

  // J: words 3 to 20 of the job at their number, but the first nonce at 14; A[-2] to A[0] of the initial value at 2 to 0.
  (* no_rw_check *) reg [31:0] words_q [0:31];
  initial begin
    for (i = 0; i < 32; i = i + 1) words_q[i] = (i < 3) ? iv(i) : 32'h0;
  end
  wire       j_write_en = load_i && load_idx_i != 5'd1 && load_idx_i != 5'd2 && load_idx_i != 5'd14;
  wire [4:0] j_write    = (load_idx_i == 5'd0) ? 5'd14 : load_idx_i;
  reg  [4:0] j_read;
  reg [31:0] m_q;
  always @(*) begin : j_place
    case (s)
      8'd0: j_read = 5'd13;
      8'd1: j_read = 5'd12;
      8'd2: j_read = 5'd11;
      8'd121: j_read = 5'd20;
      8'd122: j_read = 5'd18;
      8'd123: j_read = 5'd19;
      8'd124: j_read = 5'd14;
      8'd130: j_read = 5'd6;
      // Steps 62 to 72: 10 to 0.
      default: j_read = {1'b0, 4'd8 - s[3:0]};
    endcase
  end
  always @(posedge clk_i) begin : j_memory
    if (j_write_en) words_q[j_write] <= load_data_i;
    m_q <= words_q[j_read];
    m_o <= m_q;
  end

  // What enters at e and a, zero otherwise.
  reg eb_m_q, eb_initial_q, ab_m_q, ab_k_q;
  always @(posedge clk_i) begin : entries
    eb_m_q       <= between(s, 8'd1, 8'd3) && !fresh_q;
    eb_initial_q <= s == 8'd71;
    ab_m_q       <= s == LastStep || between(s, 8'd71, 8'd73);
    ab_k_q       <= between(s, 8'd0, 8'd2) || s == 8'd70;
    eb_o <= eb_m_q ? m_o : eb_initial_q ? iv(4) : 32'h0;
    ab_o <= ab_m_q ? m_o : ab_k_q ? k_o : 32'h0;
  end
endmodule

`default_nettype wire
