// hit_fifo of four entries of four bits: what is proved of it does not depend on the sizes.
module hit_fifo_small (
  input  wire       clk_i, rst_ni, push_i, pop_i,
  input  wire [3:0] data_i,
  output wire       lost_o, empty_o,
  output wire [3:0] data_o
);
  hit_fifo #(.Width(4), .LogDepth(2)) u_fifo (
    .clk_i(clk_i), .rst_ni(rst_ni), .push_i(push_i), .data_i(data_i), .lost_o(lost_o), .pop_i(pop_i), .data_o(data_o),
    .empty_o(empty_o)
  );
endmodule
