// Makes the replies: which one is due, and its bytes (src/board/core/mod.rs has the tables).
//
// An answer to a command (`answer_*`), a request for information or status, and a job's end are remembered until they are sent, one of
// each; nonces wait in the queue outside. A pending answer that is not sent yet is replaced by a newer one: the host waits for the
// answer before it sends the next command.

`default_nettype none

module reporter #(
  parameter [31:0] ClkHz    = 32'd25000000,
  parameter [7:0]  Cores    = 8'd1,
  parameter [7:0]  SliceBits = 8'd32,
  parameter [15:0] ClocksPerTurn = 16'd1,
  parameter [7:0]  NoncesPerTurn = 8'd1,
  parameter [7:0]  Features = 8'd0
) (
  input  wire        clk_i,
  input  wire        rst_ni,
  input  wire        answer_i,
  input  wire [7:0]  answer_type_i,
  input  wire [7:0]  answer_id_i,
  input  wire [7:0]  answer_reason_i,
  input  wire        want_info_i,
  input  wire        want_status_i,
  input  wire        done_i,
  input  wire [7:0]  id_i,
  input  wire        nonce_valid_i,
  input  wire [47:0] nonce_i,
  output wire        nonce_pop_o,
  input  wire [1:0]  count_i,
  input  wire        busy_i,
  input  wire [7:0]  zero_bits_i,
  input  wire [15:0] frame_errors_i,
  input  wire [15:0] line_errors_i,
  input  wire [15:0] lost_i,
  input  wire [15:0] temperature_i,
  output wire        valid_o,
  output wire [7:0]  data_o,
  output wire        last_o,
  input  wire        ready_i
);
  localparam [7:0] Version = 8'd2;
  localparam [2:0] None = 3'd0, Answer = 3'd1, Nonce = 3'd2, Done = 3'd3, Info = 3'd4, Status = 3'd5;

  reg [2:0]  kind_q;
  reg [3:0]  pos_q;
  reg        answer_q, info_q, status_q, done_q;
  reg [7:0]  answer_type_q, answer_id_q, answer_reason_q, done_id_q;
  reg [7:0]  byte_d, byte_q;
  reg [3:0]  last_d;
  reg        last_q, there_q, pop_q;

  wire sent  = valid_o && ready_i;
  wire ended = sent && last_o;

  // From the counter through the tables, the framing and the queue of nonces would be the longest path of all: it ends in registers twice,
  // and a byte costs a clock more, of the hundreds that it takes on the line.
  assign valid_o     = there_q;
  assign data_o      = byte_q;
  assign last_o      = last_q;
  assign nonce_pop_o = pop_q;
  always @(posedge clk_i) begin : output_registers
    there_q <= (kind_q != None) && !sent;
    pop_q   <= ended && kind_q == Nonce;
    if (!there_q) begin
      byte_q <= byte_d;
      last_q <= (pos_q == last_d);
    end
    if (!rst_ni) begin
      there_q <= 1'b0;
      pop_q   <= 1'b0;
    end
  end

  always @(*) begin : bytes
    byte_d = 8'h0;
    last_d = 4'd0;
    case (kind_q)
      Answer: begin
        last_d = 4'd3;
        case (pos_q)
          4'd0: byte_d = answer_type_q;
          4'd1: byte_d = answer_id_q;
          4'd2: byte_d = answer_reason_q;
          default: byte_d = {6'h0, count_i};
        endcase
      end
      Nonce: begin
        last_d = 4'd6;
        case (pos_q)
          4'd0: byte_d = 8'h81;
          4'd1: byte_d = nonce_i[47:40];
          4'd2: byte_d = nonce_i[39:32];
          4'd3: byte_d = nonce_i[31:24];
          4'd4: byte_d = nonce_i[23:16];
          4'd5: byte_d = nonce_i[15:8];
          default: byte_d = nonce_i[7:0];
        endcase
      end
      Done: begin
        last_d = 4'd2;
        case (pos_q)
          4'd0: byte_d = 8'h84;
          4'd1: byte_d = done_id_q;
          default: byte_d = {6'h0, count_i};
        endcase
      end
      Info: begin
        last_d = 4'd13;
        case (pos_q)
          4'd0: byte_d = 8'h85;
          4'd1: byte_d = Version;
          4'd2: byte_d = Features;
          4'd3: byte_d = Cores;
          4'd4: byte_d = SliceBits;
          4'd5: byte_d = ClocksPerTurn[15:8];
          4'd6: byte_d = ClocksPerTurn[7:0];
          4'd7: byte_d = ClkHz[31:24];
          4'd8: byte_d = ClkHz[23:16];
          4'd9: byte_d = ClkHz[15:8];
          4'd10: byte_d = ClkHz[7:0];
          4'd11: byte_d = 8'd2;
          4'd12: byte_d = 8'd24;
          default: byte_d = NoncesPerTurn;
        endcase
      end
      Status: begin
        last_d = 4'd12;
        case (pos_q)
          4'd0: byte_d = 8'h86;
          4'd1: byte_d = id_i;
          4'd2: byte_d = {busy_i, 5'h0, count_i};
          4'd3: byte_d = zero_bits_i;
          4'd4: byte_d = frame_errors_i[15:8];
          4'd5: byte_d = frame_errors_i[7:0];
          4'd6: byte_d = line_errors_i[15:8];
          4'd7: byte_d = line_errors_i[7:0];
          4'd8: byte_d = lost_i[15:8];
          4'd9: byte_d = lost_i[7:0];
          4'd10: byte_d = temperature_i[15:8];
          4'd11: byte_d = temperature_i[7:0];
          default: byte_d = Version;
        endcase
      end
      default: ;
    endcase
  end

  always @(posedge clk_i) begin : choice
    if (ended) kind_q <= None;
    if (sent) pos_q <= pos_q + 4'd1;
    // Not before the nonce that was sent last has left the queue.
    if (kind_q == None && !pop_q) begin
      pos_q <= 4'd0;
      if (answer_q) kind_q <= Answer;
      else if (nonce_valid_i) kind_q <= Nonce;
      else if (done_q) kind_q <= Done;
      else if (info_q) kind_q <= Info;
      else if (status_q) kind_q <= Status;
    end
    if (!rst_ni) kind_q <= None;
  end

  always @(posedge clk_i) begin : pending
    if (ended && kind_q == Answer) answer_q <= 1'b0;
    if (ended && kind_q == Done) done_q <= 1'b0;
    if (ended && kind_q == Info) info_q <= 1'b0;
    if (ended && kind_q == Status) status_q <= 1'b0;
    if (answer_i) begin
      answer_q        <= 1'b1;
      answer_type_q   <= answer_type_i;
      answer_id_q     <= answer_id_i;
      answer_reason_q <= answer_reason_i;
    end
    if (done_i) begin
      done_q    <= 1'b1;
      done_id_q <= id_i;
    end
    if (want_info_i) info_q <= 1'b1;
    if (want_status_i) status_q <= 1'b1;
    if (!rst_ni) {answer_q, done_q, info_q, status_q} <= 4'h0;
  end
endmodule

`default_nettype wire
