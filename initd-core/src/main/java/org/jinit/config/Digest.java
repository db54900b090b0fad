package org.jinit.config;

import java.nio.charset.StandardCharsets;

/**
 * Tells whether two readings are the same: 128 bits from two independent multiplicative hashes. It guards against nobody (who may write
 * definitions may do worse), and a cryptographic digest's provider machinery would cost more start-up time than all the parsing.
 */
final class Digest {
    private static final long PRIME_A = 0x100000001b3L;
    private static final long PRIME_B = 0x9E3779B97F4A7C15L;
    private long a = 0xcbf29ce484222325L;
    private long b = 0x2545F4914F6CDD1DL;

    /** Adds bytes with their length, so that two parts never run into each other. */
    Digest add(byte[] bytes) {
        long x = (a ^ bytes.length) * PRIME_A;
        long y = (b + bytes.length) * PRIME_B;
        for (byte value : bytes) {
            x = (x ^ (value & 0xff)) * PRIME_A;
            y = (y + (value & 0xff) + 1) * PRIME_B;
            y ^= y >>> 29;
        }
        a = x;
        b = y;
        return this;
    }

    Digest add(String text) {
        return add(text.getBytes(StandardCharsets.UTF_8));
    }

    /** 32 hexadecimal digits. */
    String hex() {
        return digits(mix(a)) + digits(mix(b));
    }

    private static long mix(long value) {
        long mixed = (value ^ (value >>> 32)) * 0xD6E8FEB86659FD93L;
        return mixed ^ (mixed >>> 32);
    }

    private static String digits(long value) {
        char[] digits = new char[16];
        for (int i = 0; i < 16; i++) {
            digits[i] = Character.forDigit((int) (value >>> (60 - 4 * i)) & 0xf, 16);
        }
        return new String(digits);
    }
}
