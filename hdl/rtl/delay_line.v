// A word delayed by Depth clocks (0 to 16): flip-flops, or a small memory that the tool maps to distributed or block RAM.
//
// Memory: 0 flip-flops, 1 distributed RAM, 2 block RAM, 3 block RAM with a register behind it (Depth 3 and more): ECP5's answers late
// in its clock (5.6 of the 8 ns of 125 MHz), iCE40's has no such need.
//
// `q_o` after a clock edge is what `d_i` was at the edge Depth - 1 before it, as with Depth flip-flops in a row; Depth 0 is a wire.
// `ptr_i` is a free-running four-bit counter that all lines share; what it starts from does not matter. There is no reset: what has not
// been written yet comes out as anything, and the core does not look at it.

`default_nettype none

module delay_line #(
  parameter Width  = 32,
  parameter [31:0] Depth = 8,
  parameter Memory = 0
) (
  input  wire             clk_i,
  input  wire [3:0]       ptr_i,
  input  wire [Width-1:0] d_i,
  output wire [Width-1:0] q_o
);
  generate
    if (Depth == 0) begin : g_wire
      wire unused = &{1'b0, clk_i, ptr_i};
      assign q_o = d_i;
    end else if (Depth == 1 || Memory == 0) begin : g_flip_flops
      wire unused = &{1'b0, ptr_i};
      reg [Width*Depth-1:0] line_q;
      if (Depth == 1) begin : g_one
        always @(posedge clk_i) line_q <= d_i;
      end else begin : g_more
        always @(posedge clk_i) line_q <= {line_q[Width*(Depth-1)-1:0], d_i};
      end
      assign q_o = line_q[Width*Depth-1 -: Width];
    end else begin : g_memory
      localparam [3:0] Back = Depth[3:0] - ((Memory == 3) ? 4'd3 : 4'd2);
      // What was written Depth - 1 clocks ago, never what is written now; identical pointers of many lines become one.
      reg [3:0] read_ptr_q;
      always @(posedge clk_i) read_ptr_q <= ptr_i - Back;
      if (Memory == 1) begin : g_distributed
        (* ram_style = "distributed", no_rw_check *) reg [Width-1:0] line_q [0:15];
        reg [Width-1:0] out_q;
        always @(posedge clk_i) begin
          line_q[ptr_i] <= d_i;
          out_q <= line_q[read_ptr_q];
        end
        assign q_o = out_q;
      end else begin : g_block
        // The two pointers never meet, so what a read of the written place gives is of no interest.
        (* ram_style = "block", no_rw_check *) reg [Width-1:0] line_q [0:15];
        reg [Width-1:0] out_q;
        always @(posedge clk_i) begin
          line_q[ptr_i] <= d_i;
          out_q <= line_q[read_ptr_q];
        end
        if (Memory == 3) begin : g_registered
          reg [Width-1:0] registered_q;
          always @(posedge clk_i) registered_q <= out_q;
          assign q_o = registered_q;
        end else begin : g_direct
          assign q_o = out_q;
        end
      end
    end
  endgenerate
endmodule

`default_nettype wire
