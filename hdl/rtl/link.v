// The framed link: commands from the host to the job queue, replies to the host, errors counted.
//
// Bytes come and go by `rx_*` and `tx_*` (a UART's). A frame's first four bytes are type, id, flags and zero bits; a job has 24 words of
// four bytes, most significant first, after them. src/board/core/mod.rs has the byte tables. A frame that is not good has no effect but
// on a counter.

`default_nettype none

module link #(
  parameter [31:0] ClkHz    = 32'd25000000,
  parameter [7:0]  Cores    = 8'd1,
  parameter [7:0]  SliceBits = 8'd32,
  parameter [15:0] ClocksPerTurn = 16'd1,
  parameter [7:0]  NoncesPerTurn = 8'd1,
  parameter [7:0]  Features = 8'd0
) (
  input  wire        clk_i,
  input  wire        rst_ni,
  // Bytes
  input  wire        rx_valid_i,
  input  wire        rx_error_i,
  input  wire [7:0]  rx_data_i,
  output wire        tx_valid_o,
  output wire [7:0]  tx_data_o,
  input  wire        tx_ready_i,
  // Job queue
  output wire        write_o,
  output wire [4:0]  write_idx_o,
  output wire [31:0] write_data_o,
  output wire        commit_o,
  output wire        flush_o,
  output wire        clear_o,
  input  wire        accepted_i,
  input  wire        full_i,
  input  wire [1:0]  count_i,
  input  wire [7:0]  id_i,
  input  wire [7:0]  zero_bits_i,
  input  wire        done_i,
  input  wire        busy_i,
  // Nonces: id, core, nonce
  input  wire        nonce_valid_i,
  input  wire [47:0] nonce_i,
  output wire        nonce_pop_o,
  input  wire        lost_i,
  // The sensor's raw reading
  input  wire [15:0] temperature_i
);
  localparam [7:0] TypeJob = 8'h01, TypeInfo = 8'h02, TypeStatus = 8'h03, TypeStop = 8'h04;
  localparam [7:0] Accepted = 8'h82, Refused = 8'h83;
  localparam [7:0] ReasonNone = 8'h00, ReasonFull = 8'h01, ReasonLength = 8'h02, ReasonType = 8'h03;
  localparam [7:0] JobLength = 8'd100, ShortLength = 8'd4;

  wire       byte_valid, frame_end, frame_good;
  wire [7:0] frame_byte, frame_index, frame_length;
  frame_rx u_frame_rx (
    .clk_i(clk_i), .rst_ni(rst_ni), .valid_i(rx_valid_i), .error_i(rx_error_i), .data_i(rx_data_i),
    .byte_valid_o(byte_valid), .byte_o(frame_byte), .index_o(frame_index),
    .end_o(frame_end), .good_o(frame_good), .length_o(frame_length)
  );

  // Four bytes make a word; the first word is kept, for when the frame turns out to be good.
  reg [31:0] head_q;
  reg [23:0] word_q;
  always @(posedge clk_i) begin : words
    if (byte_valid) begin
      word_q <= {word_q[15:0], frame_byte};
      if (frame_index < 8'd4) head_q <= {head_q[23:0], frame_byte};
    end
  end
  assign write_o      = byte_valid && frame_index[1:0] == 2'd3 && frame_index < JobLength;
  assign write_idx_o  = frame_index[6:2];
  assign write_data_o = {word_q, frame_byte};

  wire [7:0] frame_type = head_q[31:24];
  wire good      = frame_end && frame_good;
  wire is_job    = frame_type == TypeJob;
  wire is_known  = is_job || frame_type == TypeInfo || frame_type == TypeStatus || frame_type == TypeStop;
  wire right_length = frame_length == (is_job ? JobLength : ShortLength);
  wire valid     = good && is_known && right_length;

  assign commit_o = valid && is_job;
  assign flush_o  = head_q[8];
  assign clear_o  = valid && frame_type == TypeStop;

  // Errors
  reg [15:0] frame_errors_q, line_errors_q, lost_q;
  always @(posedge clk_i) begin : errors
    if (frame_end && !frame_good) frame_errors_q <= frame_errors_q + 16'd1;
    if (rx_error_i) line_errors_q <= line_errors_q + 16'd1;
    if (lost_i) lost_q <= lost_q + 16'd1;
    if (!rst_ni) begin
      frame_errors_q <= 16'd0;
      line_errors_q  <= 16'd0;
      lost_q         <= 16'd0;
    end
  end

  wire       answer = accepted_i || full_i || clear_o || (good && !(is_known && right_length));
  wire [7:0] reason = full_i ? ReasonFull : !is_known ? ReasonType : !right_length ? ReasonLength : ReasonNone;
  wire       reply_valid, reply_last, reply_ready;
  wire [7:0] reply_data;
  reporter #(
    .ClkHz(ClkHz), .Cores(Cores), .SliceBits(SliceBits), .ClocksPerTurn(ClocksPerTurn),
    .NoncesPerTurn(NoncesPerTurn), .Features(Features)
  ) u_reporter (
    .clk_i(clk_i), .rst_ni(rst_ni),
    .answer_i(answer), .answer_type_i(reason == ReasonNone ? Accepted : Refused), .answer_id_i(head_q[23:16]),
    .answer_reason_i(reason),
    .want_info_i(valid && frame_type == TypeInfo), .want_status_i(valid && frame_type == TypeStatus),
    .done_i(done_i), .id_i(id_i),
    .nonce_valid_i(nonce_valid_i), .nonce_i(nonce_i), .nonce_pop_o(nonce_pop_o),
    .count_i(count_i), .busy_i(busy_i), .zero_bits_i(zero_bits_i),
    .frame_errors_i(frame_errors_q), .line_errors_i(line_errors_q), .lost_i(lost_q), .temperature_i(temperature_i),
    .valid_o(reply_valid), .data_o(reply_data), .last_o(reply_last), .ready_i(reply_ready)
  );

  frame_tx u_frame_tx (
    .clk_i(clk_i), .rst_ni(rst_ni),
    .valid_i(reply_valid), .data_i(reply_data), .last_i(reply_last), .ready_o(reply_ready),
    .out_valid_o(tx_valid_o), .out_data_o(tx_data_o), .out_ready_i(tx_ready_i)
  );
endmodule

`default_nettype wire
