// frame_rx under anything that can come: what it takes for good is what the description says is good, and nothing else.
//
// Beside it stands a receiver after the description (src/board/core/mod.rs), which takes a whole byte into its CRC at once. A frame is
// good if between two delimiters 3 to 200 bytes came, none lost on the line, no escape but the two, none begun and left, and the CRC
// over all is 0. Whatever stood before a delimiter has no effect on what comes after it.
module frames_any_top (
  input wire       clk_i, valid_i, error_i,
  input wire [7:0] data_i
);
  wire        end_, good, byte_valid;
  wire [7:0]  byte_, index, length;
  wire [37:0] inside;
  wire [15:0] crc;
  wire [7:0]  shift, rx_index;
  wire [3:0]  left;
  wire        bad, escaped;
  assign {crc, shift, left, rx_index, bad, escaped} = inside;
  reg         past_q = 1'b0;
  reg [3:0]   gap_q = 4'd0;

  frame_rx u_rx (
    .clk_i(clk_i), .rst_ni(past_q), .valid_i(past_q && valid_i), .error_i(past_q && error_i), .data_i(data_i),
    .inside_o(inside), .byte_valid_o(byte_valid), .byte_o(byte_), .index_o(index), .end_o(end_), .good_o(good), .length_o(length)
  );

  function [15:0] with_bits;
    input [15:0] crc_in;
    input [7:0]  bits;
    input [3:0]  count;
    integer      n;
    begin
      with_bits = crc_in;
      for (n = 0; n < 8; n = n + 1) begin
        if (n < count) with_bits = {with_bits[14:0], 1'b0} ^ ((with_bits[15] ^ bits[7 - n]) ? 16'h1021 : 16'h0);
      end
    end
  endfunction

  // The description's receiver
  reg        all_right_q, pending_q;  // nothing wrong since the last delimiter; an escape waits for its second half
  reg [8:0]  bytes_q;                 // up to 201, which is too many
  reg [15:0] sum_q;
  reg        ended_q = 1'b0;
  reg        ended_good_q, ended_empty_q;
  reg [7:0]  ended_length_q;
  wire       delimiter = data_i == 8'hc0;
  wire       escape    = data_i == 8'hdb && !pending_q;
  wire       sound     = !pending_q || data_i == 8'hdc || data_i == 8'hdd;
  wire [7:0] meant     = !pending_q ? data_i : (data_i == 8'hdc) ? 8'hc0 : 8'hdb;
  always @(posedge clk_i) begin : description
    past_q  <= 1'b1;
    gap_q   <= (past_q && valid_i) ? 4'd8 : (gap_q == 4'd0) ? 4'd0 : gap_q - 4'd1;
    ended_q <= past_q && valid_i && delimiter;
    if (!past_q || (valid_i && delimiter)) begin
      all_right_q    <= 1'b1;
      pending_q      <= 1'b0;
      bytes_q        <= 9'd0;
      sum_q          <= 16'hffff;
      ended_empty_q  <= bytes_q == 9'd0 && all_right_q;
      ended_good_q   <= all_right_q && !pending_q && bytes_q >= 9'd3 && bytes_q <= 9'd200 && sum_q == 16'h0;
      ended_length_q <= bytes_q[7:0] - 8'd2;
    end else if (valid_i) begin
      pending_q <= escape;
      if (!escape) begin
        if (!sound) all_right_q <= 1'b0;
        if (bytes_q != 9'd201) bytes_q <= bytes_q + 9'd1;
        sum_q <= with_bits(sum_q, meant, 4'd8);
      end
    end
    if (past_q && error_i) all_right_q <= 1'b0;
  end

  always @(*) begin : properties
    // A UART tells a byte or an error, and no byte sooner than ten of its bits after another.
    assume (!(valid_i && error_i));
    assume (!valid_i || gap_q == 4'd0);
    assert (past_q || (gap_q == 4'd0 && !ended_q));
    if (past_q) begin
      assert (end_ == (ended_q && !ended_empty_q));
      if (end_) assert (good == ended_good_q);
      if (end_ && good) assert (length == ended_length_q && length >= 8'd1 && length <= 8'd198);
      if (byte_valid && all_right_q) assert (index == bytes_q && (!sound || byte_ == meant));
      if (valid_i && !delimiter && !escape && all_right_q && bytes_q < 9'd201) assert (byte_valid);

      // Invariants that induction needs.
      assert (left <= gap_q && left <= 4'd8);
      assert (escaped == pending_q);
      assert (bad == (!all_right_q || bytes_q == 9'd201));
      assert (bytes_q <= 9'd201);
      assert (rx_index == ((bytes_q > 9'd200) ? 8'd200 : bytes_q[7:0]));
      assert (with_bits(crc, shift, left) == sum_q);
    end
  end
endmodule
