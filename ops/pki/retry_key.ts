/** How many bytes a relay's Retry key has (AES-256); its file holds them, or twice as many hexadecimal digits. */
export const retryKeyBytes = 32;
