// iCE40 PLL: a 12 MHz oscillator to ClkHz (16.7 to 133 MHz, in steps of 0.375, 0.75 or 1.5 MHz).
//
// The VCO runs at 12 MHz * (DIVF + 1), between 533 and 1066 MHz, the output at that divided by 2^DIVQ. Pad: 1 where the oscillator's pin is
// the PLL's own (SG48). Source: Lattice FPGA-TN-02052, checked with `icepll`.

`default_nettype none

module ice40_pll #(
  parameter ClkHz = 48000000,
  parameter Pad   = 0
) (
  input  wire clk_12mhz_i,
  output wire clk_o,
  output wire locked_o
);
  localparam Divq = (ClkHz > 66000000) ? 3 : (ClkHz > 33000000) ? 4 : 5;
  localparam [31:0] DivqWide = Divq, DivfWide = (ClkHz / 1000) * (1 << Divq) / 12000 - 1;

  generate
    if (Pad != 0) begin : g_pad
      SB_PLL40_PAD #(
        .FEEDBACK_PATH("SIMPLE"), .DIVR(4'd0), .DIVF(DivfWide[6:0]), .DIVQ(DivqWide[2:0]), .FILTER_RANGE(3'd1)
      ) u_pll (.PACKAGEPIN(clk_12mhz_i), .PLLOUTGLOBAL(clk_o), .LOCK(locked_o), .BYPASS(1'b0), .RESETB(1'b1));
    end else begin : g_core
      SB_PLL40_CORE #(
        .FEEDBACK_PATH("SIMPLE"), .DIVR(4'd0), .DIVF(DivfWide[6:0]), .DIVQ(DivqWide[2:0]), .FILTER_RANGE(3'd1)
      ) u_pll (.REFERENCECLK(clk_12mhz_i), .PLLOUTGLOBAL(clk_o), .LOCK(locked_o), .BYPASS(1'b0), .RESETB(1'b1));
    end
  endgenerate
endmodule

`default_nettype wire
