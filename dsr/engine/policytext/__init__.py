"""The published privacy policy, in English and Chinese, made from the policy file."""
