// SHA-256's functions and constants (FIPS 180-4, sections 4.1.2, 4.2.2 and 5.3.3), included inside a module.
// Everything here is a constant function or pure wiring; there is no state.

function [31:0] rotr;
  input [31:0] x;
  input integer n;
  rotr = (x >> n) | (x << (32 - n));
endfunction

function [31:0] ch;
  input [31:0] x, y, z;
  ch = (x & y) ^ (~x & z);
endfunction

function [31:0] maj;
  input [31:0] x, y, z;
  maj = (x & y) ^ (x & z) ^ (y & z);
endfunction

function [31:0] big_sigma0;
  input [31:0] x;
  big_sigma0 = rotr(x, 2) ^ rotr(x, 13) ^ rotr(x, 22);
endfunction

function [31:0] big_sigma1;
  input [31:0] x;
  big_sigma1 = rotr(x, 6) ^ rotr(x, 11) ^ rotr(x, 25);
endfunction

function [31:0] small_sigma0;
  input [31:0] x;
  small_sigma0 = rotr(x, 7) ^ rotr(x, 18) ^ (x >> 3);
endfunction

function [31:0] small_sigma1;
  input [31:0] x;
  small_sigma1 = rotr(x, 17) ^ rotr(x, 19) ^ (x >> 10);
endfunction

// Word `n` of the initial hash value.
function [31:0] iv;
  input integer n;
  case (n)
    0: iv = 32'h6a09e667;
    1: iv = 32'hbb67ae85;
    2: iv = 32'h3c6ef372;
    3: iv = 32'ha54ff53a;
    4: iv = 32'h510e527f;
    5: iv = 32'h9b05688c;
    6: iv = 32'h1f83d9ab;
    default: iv = 32'h5be0cd19;
  endcase
endfunction

// The constant of round `n`; 0 outside 0..63, where nothing reads the result.
function [31:0] round_k;
  input integer n;
  case (n)
    0: round_k = 32'h428a2f98;
    1: round_k = 32'h71374491;
    2: round_k = 32'hb5c0fbcf;
    3: round_k = 32'he9b5dba5;
    4: round_k = 32'h3956c25b;
    5: round_k = 32'h59f111f1;
    6: round_k = 32'h923f82a4;
    7: round_k = 32'hab1c5ed5;
    8: round_k = 32'hd807aa98;
    9: round_k = 32'h12835b01;
    10: round_k = 32'h243185be;
    11: round_k = 32'h550c7dc3;
    12: round_k = 32'h72be5d74;
    13: round_k = 32'h80deb1fe;
    14: round_k = 32'h9bdc06a7;
    15: round_k = 32'hc19bf174;
    16: round_k = 32'he49b69c1;
    17: round_k = 32'hefbe4786;
    18: round_k = 32'h0fc19dc6;
    19: round_k = 32'h240ca1cc;
    20: round_k = 32'h2de92c6f;
    21: round_k = 32'h4a7484aa;
    22: round_k = 32'h5cb0a9dc;
    23: round_k = 32'h76f988da;
    24: round_k = 32'h983e5152;
    25: round_k = 32'ha831c66d;
    26: round_k = 32'hb00327c8;
    27: round_k = 32'hbf597fc7;
    28: round_k = 32'hc6e00bf3;
    29: round_k = 32'hd5a79147;
    30: round_k = 32'h06ca6351;
    31: round_k = 32'h14292967;
    32: round_k = 32'h27b70a85;
    33: round_k = 32'h2e1b2138;
    34: round_k = 32'h4d2c6dfc;
    35: round_k = 32'h53380d13;
    36: round_k = 32'h650a7354;
    37: round_k = 32'h766a0abb;
    38: round_k = 32'h81c2c92e;
    39: round_k = 32'h92722c85;
    40: round_k = 32'ha2bfe8a1;
    41: round_k = 32'ha81a664b;
    42: round_k = 32'hc24b8b70;
    43: round_k = 32'hc76c51a3;
    44: round_k = 32'hd192e819;
    45: round_k = 32'hd6990624;
    46: round_k = 32'hf40e3585;
    47: round_k = 32'h106aa070;
    48: round_k = 32'h19a4c116;
    49: round_k = 32'h1e376c08;
    50: round_k = 32'h2748774c;
    51: round_k = 32'h34b0bcb5;
    52: round_k = 32'h391c0cb3;
    53: round_k = 32'h4ed8aa4a;
    54: round_k = 32'h5b9cca4f;
    55: round_k = 32'h682e6ff3;
    56: round_k = 32'h748f82ee;
    57: round_k = 32'h78a5636f;
    58: round_k = 32'h84c87814;
    59: round_k = 32'h8cc70208;
    60: round_k = 32'h90befffa;
    61: round_k = 32'ha4506ceb;
    62: round_k = 32'hbef9a3f7;
    63: round_k = 32'hc67178f2;
    default: round_k = 32'h0;
  endcase
endfunction
