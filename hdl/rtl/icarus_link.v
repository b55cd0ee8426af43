// The plain Icarus protocol, so that other miners can drive the cores: 64 bytes of job in, four bytes of nonce out.
//
// A job is the midstate's words 7 to 0, each most significant byte first, 20 bytes that are not used, and the header's bytes 72 to 75,
// 68 to 71 and 64 to 67 (classic-boards.md section 4, hdl.md section 5). There is no framing: a pause of
// about 30 ms within a job starts over. A new job pre-empts the old one. A nonce is sent as SHA-256's message word, most significant
// byte first. What the cores want to know beside midstate and tail (rounds 0 to 2, message words 16 to 19) is worked out here, one
// round or word a clock, so the host needs not know this core.
//
// Ports as link.v and job_queue.v together; SliceBits and ZeroBits are what the host cannot say.

`default_nettype none

module icarus_link #(
  parameter ClkHz     = 25000000,
  parameter SliceBits = 32,
  parameter ZeroBits  = 32
) (
  input  wire        clk_i,
  input  wire        rst_ni,
  input  wire        rx_valid_i,
  input  wire [7:0]  rx_data_i,
  output wire        tx_valid_o,
  output wire [7:0]  tx_data_o,
  input  wire        tx_ready_i,
  output wire        load_o,
  output wire [4:0]  load_idx_o,
  output reg  [31:0] load_data_o,
  output wire        start_o,
  output wire        stop_o,
  input  wire        busy_i,
  input  wire        nonce_valid_i,
  input  wire [31:0] nonce_i,
  output wire        nonce_pop_o
);
  `include "sha256_functions.vh"

  localparam [31:0] Pause = ClkHz / 32;
  localparam [31:0] LastNonce = (SliceBits >= 32) ? 32'hffffffff : (32'h1 << (SliceBits % 32)) - 32'h1;
  localparam [31:0] Mask = (ZeroBits >= 32) ? 32'hffffffff : ~(32'hffffffff >> ZeroBits);

  localparam [2:0] Receive = 3'd0, Stop = 3'd1, Rounds = 3'd2, Load = 3'd3, Start = 3'd4;

  reg [2:0]   state_q;
  reg [511:0] bytes_q;  // the newest byte in bits 7 to 0
  reg [6:0]   count_q;
  reg [31:0]  pause_q;
  reg [4:0]   step_q;
  reg         started_q;

  // Four bytes on the wire are a word, most significant first; the words come last one first.
  wire [255:0] mid = {
    bytes_q[287:256], bytes_q[319:288], bytes_q[351:320], bytes_q[383:352],
    bytes_q[415:384], bytes_q[447:416], bytes_q[479:448], bytes_q[511:480]
  };
  wire [31:0] m0 = bytes_q[31:0];
  wire [31:0] m1 = bytes_q[63:32];
  wire [31:0] m2 = bytes_q[95:64];
  wire unused = &{1'b0, bytes_q[255:96]};

  // Rounds 0 to 2
  reg [31:0] a_q, b_q, c_q, d_q, e_q, f_q, g_q, h_q, t1_q;
  wire [31:0] m  = (step_q == 5'd0) ? m0 : (step_q == 5'd1) ? m1 : m2;
  wire [31:0] k  = (step_q == 5'd0) ? round_k(0) : (step_q == 5'd1) ? round_k(1) : round_k(2);
  wire [31:0] t1 = h_q + big_sigma1(e_q) + ch(e_q, f_q, g_q) + k + m;
  // Message words
  reg [31:0] w16_q, w17_q;

  always @(posedge clk_i) begin : rounds
    if (state_q == Rounds) begin
      {b_q, c_q, d_q} <= {a_q, b_q, c_q};
      {f_q, g_q, h_q} <= {e_q, f_q, g_q};
      e_q  <= d_q + t1;
      a_q  <= t1 + big_sigma0(a_q) + maj(a_q, b_q, c_q);
      t1_q <= (step_q == 5'd1) ? t1 : t1_q;
      w16_q <= small_sigma0(m1) + m0;
      w17_q <= small_sigma1(32'h00000280) + small_sigma0(m2) + m1;
    end else if (state_q != Load) begin
      {a_q, b_q, c_q, d_q, e_q, f_q, g_q, h_q} <= mid;
    end
  end

  // After rounds 0 to 2: e, f, g are E3, E2, E1, h is E0; b is A2, c is A1, d is A0.
  always @(*) begin : words
    case (step_q)
      5'd0: load_data_o = 32'h0;
      5'd1: load_data_o = LastNonce;
      5'd2: load_data_o = Mask;
      5'd3: load_data_o = mid[255:224];
      5'd4: load_data_o = mid[223:192];
      5'd5: load_data_o = mid[191:160];
      5'd6: load_data_o = mid[159:128];
      5'd7: load_data_o = mid[127:96];
      5'd8: load_data_o = mid[95:64];
      5'd9: load_data_o = mid[63:32];
      5'd10: load_data_o = mid[31:0];
      5'd11: load_data_o = e_q;
      5'd12: load_data_o = f_q;
      5'd13: load_data_o = g_q;
      5'd14: load_data_o = h_q + round_k(3) + d_q;
      5'd15: load_data_o = g_q + round_k(4) + 32'h80000000;
      5'd16: load_data_o = t1_q;
      5'd17: load_data_o = c_q;
      5'd18: load_data_o = w16_q;
      5'd19: load_data_o = w17_q;
      5'd20: load_data_o = small_sigma1(w16_q) + m2;
      5'd21: load_data_o = small_sigma1(w17_q) + small_sigma0(32'h80000000);
      5'd22: load_data_o = small_sigma0(w16_q) + 32'h00000280;
      default: load_data_o = small_sigma0(w17_q) + w16_q;
    endcase
  end

  assign load_o     = (state_q == Load);
  assign load_idx_o = step_q;
  assign start_o    = (state_q == Start);
  assign stop_o     = (state_q == Stop) && busy_i;

  always @(posedge clk_i) begin : control
    pause_q   <= rx_valid_i ? 32'd0 : (pause_q == Pause) ? pause_q : pause_q + 32'd1;
    started_q <= start_o;
    if (rx_valid_i && state_q == Receive) bytes_q <= {bytes_q[503:0], rx_data_i};
    case (state_q)
      Receive: begin
        if (rx_valid_i) count_q <= (count_q == 7'd63) ? 7'd0 : count_q + 7'd1;
        else if (pause_q == Pause) count_q <= 7'd0;
        if (rx_valid_i && count_q == 7'd63) state_q <= Stop;
      end
      // The cores may have been told to start in the clock before.
      Stop: begin
        step_q <= 5'd0;
        if (!busy_i && !started_q) state_q <= Rounds;
      end
      Rounds: begin
        step_q <= (step_q == 5'd2) ? 5'd0 : step_q + 5'd1;
        if (step_q == 5'd2) state_q <= Load;
      end
      Load: begin
        step_q <= step_q + 5'd1;
        if (step_q == 5'd23) state_q <= Start;
      end
      default: state_q <= Receive;
    endcase
    if (!rst_ni) begin
      state_q   <= Receive;
      count_q   <= 7'd0;
      pause_q   <= 32'd0;
      started_q <= 1'b0;
    end
  end

  // Nonces: four bytes, then the next.
  reg [1:0] byte_q;
  wire      sent = tx_valid_o && tx_ready_i;
  assign tx_valid_o  = nonce_valid_i;
  assign tx_data_o   = nonce_i[31 - 8*byte_q -: 8];
  assign nonce_pop_o = sent && byte_q == 2'd3;
  always @(posedge clk_i) begin : reply
    if (sent) byte_q <= byte_q + 2'd1;
    if (!rst_ni) byte_q <= 2'd0;
  end
endmodule

`default_nettype wire
