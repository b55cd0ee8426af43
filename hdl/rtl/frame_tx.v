// Makes frames: delimiter, bytes with escapes, CRC, delimiter (frame_rx.v says how they look).
//
// A byte is taken from `data_i` in a clock in which `valid_i` and `ready_o` are both high; the one with `last_i` ends the frame, and
// `ready_o` stays low until CRC and delimiter are on their way. Bytes go out by `out_valid_o`, `out_data_o`, `out_ready_i` (uart_tx).

`default_nettype none

module frame_tx (
  input  wire       clk_i,
  input  wire       rst_ni,
  input  wire       valid_i,
  input  wire [7:0] data_i,
  input  wire       last_i,
`ifdef FORMAL
  output wire [31:0] inside_o,  // for the proofs
`endif
  output wire       ready_o,
  output wire       out_valid_o,
  output wire [7:0] out_data_o,
  input  wire       out_ready_i
);
  localparam [7:0] End = 8'hc0, Escape = 8'hdb, EscapedEnd = 8'hdc, EscapedEscape = 8'hdd;

  localparam [2:0] Idle = 3'd0, Byte = 3'd1, High = 3'd2, Low = 3'd3, Close = 3'd4;

  reg [2:0]  state_q;
  reg        escaped_q;  // the escape of the current byte is out
  reg [15:0] crc_q;
  reg [7:0]  shift_q;
  reg [3:0]  left_q;

`ifdef FORMAL
  assign inside_o = {crc_q, shift_q, left_q, state_q, escaped_q};
`endif

  wire crc_ready = (left_q == 4'd0);
  wire [7:0] plain = (state_q == High) ? crc_q[15:8] : (state_q == Low) ? crc_q[7:0] : data_i;
  wire special   = (plain == End) || (plain == Escape);
  wire delimiter = (state_q == Idle) || (state_q == Close);
  wire has_byte  = (state_q == Byte) ? (valid_i && crc_ready)
                 : (state_q == Idle) ? valid_i
                 : (state_q == Close) || crc_ready;
  wire sent      = has_byte && out_ready_i;
  wire whole     = sent && (delimiter || !special || escaped_q);

  assign ready_o     = (state_q == Byte) && whole;
  assign out_valid_o = has_byte;
  assign out_data_o  = delimiter ? End
                     : !special ? plain
                     : !escaped_q ? Escape
                     : (plain == End) ? EscapedEnd : EscapedEscape;

  always @(posedge clk_i) begin : frames
    if (sent && !delimiter) escaped_q <= special && !escaped_q;
    if (whole) begin
      case (state_q)
        Idle:    state_q <= Byte;
        Byte:    state_q <= last_i ? High : Byte;
        High:    state_q <= Low;
        Low:     state_q <= Close;
        default: state_q <= Idle;
      endcase
    end
    if (!rst_ni) begin
      state_q   <= Idle;
      escaped_q <= 1'b0;
    end
  end

  always @(posedge clk_i) begin : crc
    if (state_q == Idle) begin
      crc_q  <= 16'hffff;
      left_q <= 4'd0;
    end else if (state_q == Byte && whole) begin
      shift_q <= data_i;
      left_q  <= 4'd8;
    end else if (left_q != 4'd0) begin
      crc_q   <= {crc_q[14:0], 1'b0} ^ ((crc_q[15] ^ shift_q[7]) ? 16'h1021 : 16'h0);
      shift_q <= {shift_q[6:0], 1'b0};
      left_q  <= left_q - 4'd1;
    end
    if (!rst_ni) left_q <= 4'd0;
  end
endmodule

`default_nettype wire
