// frame_tx joined to frame_rx: every frame of 1 to 198 bytes, whatever they are, arrives whole, in order and good; for all time.
//
// The receiver begins in any state whatever, and while the sender is between frames anything may come to it from elsewhere: from
// the next frame's first delimiter on it is in step. Bytes pass as a UART passes them, at least nine clocks apart.
module frames_top (
  input wire       clk_i, valid_i, last_i,
  input wire [7:0] data_i,
  input wire       noise_i, noise_error_i,
  input wire [7:0] noise_data_i
);
  localparam [2:0] Idle = 3'd0, Byte = 3'd1, High = 3'd2, Low = 3'd3, Close = 3'd4;

  wire        ready, out_valid, end_, good, byte_valid;
  wire [7:0]  out_data, byte_, index, length;
  wire [31:0] tx_inside;
  wire [37:0] rx_inside;
  reg         past_q = 1'b0;
  reg [3:0]   gap_q = 4'd0;
  wire [15:0] tx_crc, rx_crc;
  wire [7:0]  tx_shift, rx_shift, rx_index;
  wire [3:0]  tx_left, rx_left;
  wire [2:0]  state;
  wire        tx_escaped, rx_escaped, rx_bad;
  assign {tx_crc, tx_shift, tx_left, state, tx_escaped} = tx_inside;
  assign {rx_crc, rx_shift, rx_left, rx_index, rx_bad, rx_escaped} = rx_inside;

  wire pass  = out_valid && gap_q == 4'd0;
  wire noise = noise_i && state == Idle && !out_valid && gap_q == 4'd0;

  frame_tx u_tx (
    .clk_i(clk_i), .rst_ni(past_q), .valid_i(valid_i && past_q), .data_i(data_i), .last_i(last_i), .inside_o(tx_inside),
    .ready_o(ready), .out_valid_o(out_valid), .out_data_o(out_data), .out_ready_i(gap_q == 4'd0)
  );
  frame_rx u_rx (
    .clk_i(clk_i), .rst_ni(1'b1), .valid_i(past_q && (pass || noise)), .error_i(past_q && noise && noise_error_i),
    .data_i(noise ? noise_data_i : out_data), .inside_o(rx_inside),
    .byte_valid_o(byte_valid), .byte_o(byte_), .index_o(index), .end_o(end_), .good_o(good), .length_o(length)
  );

  // Bytes that the sender has taken of this frame.
  reg [7:0] count_q = 8'd0;
  // A frame's closing delimiter has passed in the clock before; the frame had so many bytes.
  reg       closed_q = 1'b0;
  reg [7:0] closed_count_q;
  // The byte that waits is not changed until it is taken.
  reg       waits_q = 1'b0;
  reg       waits_last_q;
  reg [7:0] waits_data_q;
  wire      taken = valid_i && ready && past_q;
  always @(posedge clk_i) begin : follow
    past_q         <= 1'b1;
    gap_q          <= (past_q && (pass || noise)) ? 4'd8 : (gap_q == 4'd0) ? 4'd0 : gap_q - 4'd1;
    waits_q        <= past_q && valid_i && !ready;
    waits_data_q   <= data_i;
    waits_last_q   <= last_i;
    closed_q       <= past_q && pass && state == Close;
    closed_count_q <= count_q;
    if (taken) count_q <= count_q + 8'd1;
    else if (past_q && pass && state == Close) count_q <= 8'd0;
  end

  // What is left of a byte's way into the CRC.
  wire [3:0] done_bits = 4'd8 - rx_left;
  always @(*) begin : properties
    assume (!waits_q || (valid_i && data_i == waits_data_q && last_i == waits_last_q));
    assume (count_q != 8'd197 || last_i);
    assert (past_q || (gap_q == 4'd0 && count_q == 8'd0 && !waits_q && !closed_q));
    if (past_q) begin
      // Each byte of a frame is handed on in the clock in which the sender takes it, with its number; a CRC has two more.
      if (taken) assert (byte_valid && byte_ == data_i && index == count_q);
      if (byte_valid && !noise && !taken) assert (state == High || state == Low);
      // A frame that has ended is good and as long as it was.
      if (closed_q) assert (end_ && good && length == closed_count_q);
      // Within a frame nothing ends.
      if (state != Idle && state != Byte) assert (!end_);
      if (state == Byte && count_q != 8'd0) assert (!end_);

      // Invariants that induction needs. The sender:
      assert (state <= Close);
      assert (tx_left <= gap_q && tx_left <= 4'd8);
      assert (!tx_escaped || state == Byte || state == High || state == Low);
      if (state == Byte && tx_escaped) assert (waits_q && (waits_data_q == 8'hc0 || waits_data_q == 8'hdb));
      if (state == Byte && tx_escaped) assert (tx_left == 4'd0);
      if (state == High && tx_escaped) assert (tx_crc[15:8] == 8'hc0 || tx_crc[15:8] == 8'hdb);
      if (state == Low && tx_escaped) assert (tx_crc[7:0] == 8'hc0 || tx_crc[7:0] == 8'hdb);
      if (state == Idle) assert (count_q == 8'd0);
      if (state == High || state == Low || state == Close) assert (count_q != 8'd0);
      assert (count_q <= 8'd198);
      if (state == Byte) assert (count_q <= 8'd197);
      if (state == Byte && count_q == 8'd0) assert (tx_left == 4'd0 && tx_crc == 16'hffff);
      // The receiver, in step with it from the first delimiter on. A CRC's own bits leave nothing behind in it.
      if (state != Idle) begin
        assert (!rx_bad && rx_escaped == tx_escaped);
        assert (rx_left <= gap_q && rx_left <= 4'd8);
        assert (rx_index == count_q + ((state == Low) ? 8'd1 : (state == Close) ? 8'd2 : 8'd0));
      end
      if (state == Byte || state == High) assert (rx_left == tx_left && rx_crc == tx_crc && (rx_left == 4'd0 || rx_shift == tx_shift));
      if (state == Low || state == Close) assert (tx_left == 4'd0);
      if (state == Low) assert (rx_crc == tx_crc << done_bits && (rx_left == 4'd0 || rx_shift == ((tx_crc[15:8] << done_bits) & 8'hff)));
      if (state == Close) assert (rx_crc == tx_crc << (5'd8 + done_bits) && (rx_left == 4'd0 || rx_shift == ((tx_crc[7:0] << done_bits) & 8'hff)));
    end
  end
endmodule
