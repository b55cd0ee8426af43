// What a testbench does with a core, whichever it is: clock, reset, the job of reference.vh, and the verdict. Included inside a testbench
// after reference.vh; the testbench connects a core to these wires and compares.

  reg clk = 1'b0, rst_n = 1'b0, load = 1'b0, start = 1'b0;
  reg [4:0] load_idx = 5'd0;
  reg [31:0] load_data = 32'h0;
  wire busy, hit_valid;
  wire [31:0] hit_nonce;

  always #5 clk = !clk;

  // From the reset to the job's end.
  task run_job;
    begin
      wrong = 0;
      compared = 0;
      hits = 0;
      for (n = 0; n < Nonces; n = n + 1) reference(n);
      repeat (4) @(negedge clk);
      rst_n = 1'b1;
      for (n = 0; n < 24; n = n + 1) begin
        @(negedge clk);
        load = 1'b1;
        load_idx = n;
        load_data = Words[32*n +: 32];
      end
      @(negedge clk);
      load = 1'b0;
      start = 1'b1;
      @(negedge clk);
      start = 1'b0;
      wait (!busy);
      @(negedge clk);
    end
  endtask

  // Ends the simulation: all is right if there was one hit, nothing was wrong, and more than `least` values were compared.
  task verdict;
    input [8*8-1:0] name, part;
    input integer least;
    begin
      if (wrong == 0 && hits == 1 && compared > least) begin
        $display("%0s: every %0s agrees (%0d values of %0d nonces)", name, part, compared, Nonces);
        $finish;
      end else begin
        $display("%0s: %0d of %0d values are wrong, %0d hits", name, wrong, compared, hits);
        $finish_and_return(1);
      end
    end
  endtask
