import type { Wording } from '../wording.ts';

/** Texts in Chinese, as filed with the carriers. */
export const chinese: Wording = {
  'code.sign-in': '{code}（登录验证码），{minutes}分钟内有效。工作人员不会索要，请勿告诉任何人。',
  'code.register': '{code}（注册验证码），{minutes}分钟内有效。工作人员不会索要，请勿告诉任何人。',
  'code.step-up': '{code}（安全验证码），{minutes}分钟内有效。工作人员不会索要，请勿告诉任何人。',
  'code.claim': '{code}（认领旧账号验证码），{minutes}分钟内有效。工作人员不会索要，请勿告诉任何人。',
  'registration-finished': '您的实名注册已完成，现在可以登录。如非本人注册，请到政务服务大厅反映。',
  'registration-refused': '您的注册信息未能通过核对，账号没有开通。请核对后重新注册，或到政务服务大厅办理。',
  'password-changed': '您的登录密码已修改。如非本人操作，请立即用短信验证码登录并重新设置密码。',
};
