// Takes frames out of the byte stream: delimiters, escapes, length, CRC.
//
// A frame is its bytes and their CRC-16 (CCITT: polynomial 0x1021, from 0xffff, most significant bit and byte first), with 0xc0 after
// (and, as senders like, before) it; inside, 0xc0 is sent as db dc and 0xdb as db dd (RFC 1055). So whatever went wrong, the
// receiver is in step again at the next 0xc0. The CRC over a whole good frame, itself included, is 0.
//
// Bytes come with `valid_i`, at least nine clocks apart (a UART's are ten bits). `byte_valid_o` hands on each byte of a frame as it
// comes, CRC included, with its number in `index_o`; the user may act on them only when `end_o` comes with `good_o`, `length_o` being the
// number of bytes without CRC. `end_o` without `good_o`: wrong CRC, impossible escape, a byte lost on the line, too long or too short.
// Nothing between two delimiters is no frame.

`default_nettype none

module frame_rx (
  input  wire       clk_i,
  input  wire       rst_ni,
  input  wire       valid_i,
  input  wire       error_i,
  input  wire [7:0] data_i,
  output wire       byte_valid_o,
  output wire [7:0] byte_o,
  output wire [7:0] index_o,
`ifdef FORMAL
  output wire [37:0] inside_o,  // for the proofs
`endif
  output reg        end_o,
  output reg        good_o,
  output reg  [7:0] length_o
);
  localparam [7:0] End = 8'hc0, Escape = 8'hdb, EscapedEnd = 8'hdc, EscapedEscape = 8'hdd;
  localparam [7:0] Longest = 8'd200;

  reg        escaped_q, bad_q;
  reg [7:0]  index_q;
  reg [15:0] crc_q;
  reg [7:0]  shift_q;
  reg [3:0]  left_q;  // bits of shift_q that are not in the CRC yet

`ifdef FORMAL
  assign inside_o = {crc_q, shift_q, left_q, index_q, bad_q, escaped_q};
`endif

  wire is_end    = valid_i && data_i == End;
  wire is_escape = valid_i && data_i == Escape && !escaped_q;
  wire is_byte   = valid_i && !is_end && !is_escape;
  wire wrong_escape = escaped_q && data_i != EscapedEnd && data_i != EscapedEscape;
  wire [7:0] plain = !escaped_q ? data_i : (data_i == EscapedEnd) ? End : Escape;

  assign byte_valid_o = is_byte && !bad_q;
  assign byte_o       = plain;
  assign index_o      = index_q;

  always @(posedge clk_i) begin : frames
    end_o <= 1'b0;
    if (is_end) begin
      end_o     <= index_q != 8'd0 || bad_q;
      good_o    <= !bad_q && !escaped_q && index_q >= 8'd3 && crc_q == 16'h0;
      length_o  <= index_q - 8'd2;
      index_q   <= 8'd0;
      bad_q     <= 1'b0;
      escaped_q <= 1'b0;
    end else if (is_escape) begin
      escaped_q <= 1'b1;
    end else if (is_byte) begin
      escaped_q <= 1'b0;
      index_q   <= (index_q == Longest) ? index_q : index_q + 8'd1;
      if (wrong_escape || index_q == Longest) bad_q <= 1'b1;
    end
    if (error_i) bad_q <= 1'b1;
    if (!rst_ni) begin
      end_o     <= 1'b0;
      good_o    <= 1'b0;
      index_q   <= 8'd0;
      bad_q     <= 1'b0;
      escaped_q <= 1'b0;
    end
  end

  always @(posedge clk_i) begin : crc
    if (is_end) begin
      crc_q  <= 16'hffff;
      left_q <= 4'd0;
    end else if (is_byte) begin
      shift_q <= plain;
      left_q  <= 4'd8;
    end else if (left_q != 4'd0) begin
      crc_q   <= {crc_q[14:0], 1'b0} ^ ((crc_q[15] ^ shift_q[7]) ? 16'h1021 : 16'h0);
      shift_q <= {shift_q[6:0], 1'b0};
      left_q  <= left_q - 4'd1;
    end
    if (!rst_ni) begin
      crc_q  <= 16'hffff;
      left_q <= 4'd0;
    end
  end
endmodule

`default_nettype wire
